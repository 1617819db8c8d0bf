/** Compiles the command line once per state of the sources; returns the path of its `bin`. */
export function compileCli(): string;
