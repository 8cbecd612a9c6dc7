"""The best set of ideas under capacity, and what each limit and each override costs."""
