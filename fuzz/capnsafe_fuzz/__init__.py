"""The harness: scenarios, engines that search them, and oracles that judge them."""
