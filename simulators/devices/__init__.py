"""What devices put on the wire, one module per family, written from the paper that documents it."""
