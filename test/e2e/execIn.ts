import { dockerEngine } from "#providers/docker/engine.ts";
import type { TestStack } from "./stack.ts";

/** Runs a command inside a container of the stack and returns what it printed. @throws with it if it fails */
export async function execIn(stack: TestStack, service: string, command: string[]): Promise<string> {
  const started = await dockerEngine({})
    .getContainer(`${stack.prefix}-${service}`)
    .exec({ Cmd: command, AttachStdout: true, AttachStderr: true, Tty: true });
  let output = "";
  for await (const chunk of await started.start({ Tty: true })) output += String(chunk);
  const { ExitCode: code } = await started.inspect();
  if (code !== 0) throw new Error(output);
  return output.replaceAll("\r", "").trim();
}
