"""Who is calling: workspaces, API keys, scopes and rates. Its tables form a schema of their own, `access`."""
