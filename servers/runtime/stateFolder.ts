import { normalize } from "node:path";
import { serversFolder, volumeFolders } from "#model/serverFolders.ts";

/** Folder of the log files in the configuration; the image links it to the server's own volume. */
const logFolder = "/var/log/kilocode/mcp";

/** Folders of the configuration, and where each lies in a server's state folder. */
const folders: readonly (readonly [configured: string, inside: string])[] = [
  [logFolder, "logs"],
  ...Object.values(volumeFolders)
    .flat()
    .map((name) => [`${serversFolder}/${name}`, name] as const),
];

/**
 * Where a configured path lies: `/var/log/kilocode/mcp/x.log` is `<state>/logs/x.log`, as the image's links have
 * it. Any other path stays as it is.
 *
 * @param state the folder that the server keeps, `/var/lib/kilocode` in a container
 */
export function stateFolder(state: string, path: string): string {
  const clean = normalize(path).replace(/(?<=.)\/$/, "");
  for (const [configured, inside] of folders) {
    if (clean === configured || clean.startsWith(`${configured}/`)) {
      return `${state}/${inside}${clean.slice(configured.length)}`;
    }
  }
  return clean;
}
