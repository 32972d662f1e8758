import tty from "node:tty";
import { createColors } from "picocolors";

/** Colour is for terminals only; by itself the library also colours the logs of a CI. */
const wanted = process.env.NO_COLOR === undefined || process.env.NO_COLOR === "";

/** For what goes to standard output. */
export const outColours = createColors(wanted && tty.isatty(1));

/** For what goes to standard error. */
export const errorColours = createColors(wanted && tty.isatty(2));
