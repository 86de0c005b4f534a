"""What is owed and what is wrong: obligations, standing, rules, review, alerts and everything a person sees."""
