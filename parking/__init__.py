"""What parking is: the words and pure rules that every service shares."""
