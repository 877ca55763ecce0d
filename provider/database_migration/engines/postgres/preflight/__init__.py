"""Every reason why a server of this engine cannot play its part; ``inspection`` asks."""
