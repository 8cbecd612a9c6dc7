"""Pure statistics that more than one service needs: no I/O, no service's words."""
