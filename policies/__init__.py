"""What is demanded: tenants, upstreams, routes, rollouts and their gates, declared by people and reviewed like code."""
