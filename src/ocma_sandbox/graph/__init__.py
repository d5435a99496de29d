"""What Meta's platforms have in common: the Graph API's parameters, fields, pages of lists, errors, tokens and containers."""
