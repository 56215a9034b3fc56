"""What counts as evidence and how it is kept honest: pictures, the standard for them, and the chained log."""
