import { serverNames, type ServerName } from "#model/names.ts";
import type { Place } from "#model/files/place.ts";
import { foldersFor, logFolder, logVolumeSize } from "./delivered.ts";
import { byteCount } from "#model/files/schema/units.ts";
import { at, eachItem, eachKey, leavesWhere, rule, valueAt, type Rule } from "./rule.ts";

/** Keys of log files and folders. */
const logPaths: readonly Place[] = [
  ...serverNames.flatMap((server) => at(server, "/logging/file")),
  ...at("logging", "/logging/directory", "/logging/file/path"),
  ...at("env", "LOG_DIR"),
];

const isAmong = (places: readonly Place[], { file, parts }: Place) =>
  places.some((place) => place.file === file && place.parts.join("/") === parts.join("/"));

/** TLS files have a rule of their own. */
const isTls = ({ parts }: Place) => /(cert|key|ca)(Path|Cert)?$|^SSL_/i.test(parts.at(-1) ?? "");

const dataPaths = leavesWhere(
  ({ meta, place }) => meta.unit === "path" && !isTls(place) && !isAmong(logPaths, place),
);

const logs = [
  ...serverNames.flatMap((server) => at(server, "/logging/maxSize", "/logging/maxFiles")),
  ...at("logging", "/logging/maxSize", "/logging/maxFiles"),
];

export const pathRules: readonly Rule[] = [
  eachKey(
    "paths",
    {
      sentence: "Every path lies in a folder that the container's image or a volume has.",
      mend: "Choose one of the folders in docs/files.md.",
    },
    [...dataPaths, ...logPaths],
    (value, { facts }, place) => {
      const isLog = isAmong(logPaths, place);
      const { within, exactly } = isLog ? { within: [logFolder] } : foldersFor(place.file);
      const mounted = place.file in facts.mounts ? facts.mounts[place.file as ServerName] : [];
      const folders = isLog ? within : [...within, ...mounted];
      const judge = (path: string) =>
        path === exactly || folders.some((folder) => path === folder || path.startsWith(`${folder}/`))
          ? undefined
          : `${path} lies in no folder that is there for it; these are ${[...(exactly === undefined ? [] : [exactly]), ...folders].join(", ")}.`;
      return Array.isArray(value) ? eachItem(value, judge) : judge(String(value));
    },
  ),
  rule(
    "log-volume",
    {
      sentence: "The log files of a server fit the volume for logs, rotated ones included.",
      mend: "Lower maxSize or maxFiles.",
    },
    logs,
    ({ values }) =>
      [...serverNames, "logging" as const].flatMap((file) => {
        const [size, files] = at(file, "/logging/maxSize", "/logging/maxFiles") as [Place, Place];
        const bytes = byteCount(String(valueAt(values, size))) ?? 0;
        const count = Number(valueAt(values, files) ?? 0) + 1;
        if (bytes * count <= logVolumeSize) return [];
        const problem = `${String(count)} files of ${String(valueAt(values, size))}, the one being written included, come to more than 1GB.`;
        return [{ places: [size, files], problem }];
      }),
  ),
];
