"""What ``flask sessions doctor`` looks at, one small pure function a check."""
