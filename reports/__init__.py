"""The site: Evidence pages over the published marts, and the wrapper that builds and serves them."""
