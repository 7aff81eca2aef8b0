"""The parts of `make bench-dataplane`: a mock upstream, a load, the systems and the chart."""
