// Plain JavaScript, so that a Node.js too old for TypeScript still gets to say so.
import { RunError } from "@pulumi/pulumi";

// The SDK takes a stack trace for every promise and maps each frame to its source: a quarter of a preview's time,
// and 20 s for one error under an old Node.js. What users can do something about explains itself.
if (!process.env.KILOCODE_STACK_TRACES) Error.stackTraceLimit = 0;

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  throw new RunError(
    `[NODE_TOO_OLD] Node.js ${process.versions.node} cannot run TypeScript; 22.18 or newer can. Put one first on PATH, or use: npm run up`,
  );
}

/** A fault explains itself; a stack trace would only hide it. */
const program = await import("./index.ts").catch((error) => {
  throw error?.name === "Fault" || error?.name === "Faults" ? new RunError(error.message) : error;
});

// The outputs of the stack.
export default { ...program };
