"""What the actions take and answer, and the buttons of a push."""
