/** What our own commands take from their arguments; the rest is for Pulumi. */
export interface CommandArguments {
  readonly stack: string;
  /** Arguments that are passed on, without `--stack`. */
  readonly rest: readonly string[];
  readonly yes: boolean;
}

/** The stack that a Pulumi command line names, by `--stack` or, as with `stack init`, by position. */
export function namedStack(args: readonly string[]): string | undefined {
  const { stack, rest } = readArguments(["--stack", "", ...args]);
  if (stack !== "") return stack;
  const [first, second, ...others] = rest.filter((argument) => argument !== "--");
  if (first !== "stack" || !["init", "select", "rm"].includes(second ?? "")) return undefined;
  return others.find((argument) => !argument.startsWith("-"));
}

/** Understands `--stack X`, `--stack=X`, `-s X` and `--yes`/`-y`; the stack is `dev` if none is named. */
export function readArguments(args: readonly string[], env: NodeJS.ProcessEnv = {}): CommandArguments {
  let stack = env.PULUMI_STACK !== undefined && env.PULUMI_STACK !== "" ? env.PULUMI_STACK : "dev";
  const rest: string[] = [];
  for (let index = 0; index < args.length; index++) {
    const argument = args[index] ?? "";
    const value = /^(?:--stack|-s)=(.+)$/.exec(argument)?.[1];
    if (value !== undefined) stack = value;
    else if (argument === "--stack" || argument === "-s") stack = args[++index] ?? stack;
    else rest.push(argument);
  }
  return { stack, rest, yes: rest.some((argument) => argument === "--yes" || argument === "-y") };
}

/** `--stack X` in front of a command line of somebody else's, which is left as it is. */
export function leadingStack(
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): { readonly stack: string; readonly rest: readonly string[] } {
  const [first = ""] = args;
  const words = first === "--stack" || first === "-s" ? 2 : /^(--stack|-s)=/.test(first) ? 1 : 0;
  return { stack: readArguments(args.slice(0, words), env).stack, rest: args.slice(words) };
}

/** Without a flag of ours among the rest; for flags that only we understand. */
export function takeFlag(args: CommandArguments, flag: string): { args: CommandArguments; found: boolean } {
  const rest = args.rest.filter((argument) => argument !== flag);
  return { args: { ...args, rest }, found: rest.length < args.rest.length };
}

/** Whether Pulumi may go ahead without a question: `dev` may, everything else only when told so. */
export function needsQuestion(args: CommandArguments): boolean {
  return !args.yes && args.stack !== "dev";
}
