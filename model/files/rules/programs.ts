import { serverNames } from "#model/names.ts";
import { placeAt } from "#model/files/place.ts";
import { eachKey, type Rule } from "./rule.ts";

/** Programs that fetch a package and run it. */
const runners = /^(.*\/)?(npx|pnpx|bunx|uvx|pipx)$/;
const pinned = /^(@[^@/]+\/)?[^@]+(@|==)\d/;

export const programRules: readonly Rule[] = [
  eachKey(
    "pinned-programs",
    {
      sentence: "A client starts no program that the registry can change from one start to the next.",
      mend: "Name the package with its version, or start the bridge: `npm run connect` prints the entry.",
    },
    serverNames.map((server) => placeAt("mcp", `/mcpServers/${server}`)),
    (value) => {
      const { command, args } = value as { readonly command?: string; readonly args?: readonly string[] };
      if (!runners.test(command ?? "")) return undefined;
      const index = (args ?? []).findIndex((argument) => !argument.startsWith("-"));
      const name = args?.[index];
      if (name !== undefined && pinned.test(name)) return undefined;
      const problem = `${command ?? ""} fetches whatever version of ${name ?? "a package"} is the newest.`;
      return [{ inside: index === -1 ? ["command"] : ["args", String(index)], problem }];
    },
  ),
];
