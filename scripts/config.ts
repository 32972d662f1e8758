import { basename } from "node:path";
import { Fault } from "#model/fault.ts";
import type { Connection } from "#providers/database/connect.ts";
import { recordedPaths, versionsOf } from "#providers/history/versions.ts";
import { readArguments } from "#toolchain/arguments.ts";
import { outColours } from "#toolchain/colours.ts";
import { command } from "#toolchain/command.ts";
import { chooseVersions, differenceReport, historyTable } from "#toolchain/config/versionsReport.ts";
import { decryptedOutputs } from "#toolchain/outputs.ts";
import { ensurePulumi } from "#toolchain/pulumi.ts";
import { explainFailure, openSession, type Session } from "#toolchain/session.ts";
import { stackAbsent } from "#toolchain/toolsPlace.ts";

// npm run config -- history FILE | diff FILE [V1 [V2]] [--stack S]: what was delivered when, what differs between
// two versions, and the commands that bring an older version's values back. Read from the stack's database.
await command(async () => {
  const { stack, rest } = readArguments(process.argv.slice(2), process.env);
  const [verb = "", file = "", ...versions] = rest;
  if (!["history", "diff"].includes(verb) || file === "" || versions.length > (verb === "diff" ? 2 : 0)) {
    throw usage(rest.join(" "));
  }
  const connection = await databaseOf(openSession(stack, await ensurePulumi()));
  const history = await versionsOf(connection, await pathOf(connection, file));
  if (verb === "history") console.log(historyTable(history, outColours));
  else {
    const inForce = history.findLast(({ change }) => change === "written")!;
    console.log(differenceReport(stack, chooseVersions(history, versions), inForce, outColours));
  }
  return 0;
});

function usage(given: string): Fault {
  return new Fault({
    code: "CONFIG_ARGUMENTS",
    where: given === "" ? undefined : given,
    problem: "config takes `history FILE`, or `diff FILE [VERSION [VERSION]]`, FILE as in `memory.json`",
    mend: "npm run config -- history memory.json",
  });
}

/** The stack's read-write login, as its outputs have it. */
async function databaseOf(session: Session): Promise<Connection> {
  const read = await decryptedOutputs(session);
  const outputs: { databaseUrl?: string; caCertificate?: string } | undefined = read.outputs;
  if (outputs === undefined) await explainFailure(session);
  if (outputs?.databaseUrl === undefined || outputs.caCertificate === undefined)
    throw stackAbsent(session.stack);
  const url = new URL(outputs.databaseUrl);
  return {
    host: url.hostname,
    port: Number(url.port),
    database: url.pathname.slice(1),
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    ca: outputs.caCertificate,
  };
}

/** `memory.json`, `memory` or a whole path. */
async function pathOf(connection: Connection, file: string): Promise<string> {
  const paths = await recordedPaths(connection);
  const found = paths.find((path) => [path, basename(path), basename(path, ".json")].includes(file));
  if (found !== undefined) return found;
  throw new Fault({
    code: "CONFIG_ARGUMENTS",
    where: file,
    problem: `no such file was delivered; there are ${paths.map((path) => basename(path)).join(", ")}`,
    mend: `npm run config -- history ${basename(paths[0] ?? "memory.json")}`,
  });
}
