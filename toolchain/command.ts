import { errorColours as pc } from "./colours.ts";
import { describeFault, Fault, Faults } from "#model/fault.ts";

/**
 * Runs a command's body and ends the process with its exit code. A fault is shown as it is, without a stack
 * trace; anything else is a mistake in this program and shows where it happened.
 */
export async function command(body: () => Promise<number>): Promise<never> {
  try {
    process.exit(await body());
  } catch (error) {
    if (error instanceof Fault) process.stderr.write(`${pc.red(describeFault(error))}\n`);
    else if (error instanceof Faults) process.stderr.write(`${pc.red(error.message)}\n`);
    else process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exit(1);
  }
}
