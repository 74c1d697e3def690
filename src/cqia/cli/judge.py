"""Commands of the judge: calibrate, compare, distil."""
