"""`make bench`: Gatepost beside its peers, and its cost as work grows. `python3 -m bench --help` names the options."""
