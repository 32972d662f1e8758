import path from "node:path";
import { projectRoot } from "./pins.ts";
import { foreground } from "./run.ts";

/** Environment in which the project's own tools are found before others of the same name. */
export function toolEnv(env: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  const bin = path.join(projectRoot, "node_modules", ".bin");
  return { ...env, PATH: [path.dirname(process.execPath), bin, env.PATH ?? ""].join(path.delimiter) };
}

/** Runs one of the npm packages' programs on this terminal, in the checkout. */
export function tool(name: string, args: readonly string[], env = toolEnv()): Promise<number> {
  return foreground(path.join(projectRoot, "node_modules", ".bin", name), args, { env, cwd: projectRoot });
}
