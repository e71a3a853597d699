"""Page doors of approvals: the inbox, one request, delegations, flows."""
