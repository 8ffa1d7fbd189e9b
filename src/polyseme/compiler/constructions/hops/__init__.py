"""Tables of facts that refer to each other, one hidden layer per hop."""
