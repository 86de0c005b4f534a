"""The rules, one file per scope; `catalogue` registers them and holds what config/rules.yaml says of each."""
