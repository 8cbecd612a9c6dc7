"""What kind of quality ideas are to respondents."""
