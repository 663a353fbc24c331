"""Who gets how much, and when: clients, their budgets of cost, and their turns at the database."""
