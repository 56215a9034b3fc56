"""Cases: from a lead to a decision that stands, one step at a time, each by who may take it. Pure."""
