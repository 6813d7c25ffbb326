"""The variables that keep NumPy to one thread; set them before anything imports NumPy."""

# Sums then come out in the same order on every machine, and processes side by side do not fight.
ONE_THREAD = {f"{library}_NUM_THREADS": "1" for library in ("OMP", "OPENBLAS", "MKL")} | {
    "VECLIB_MAXIMUM_THREADS": "1"
}
