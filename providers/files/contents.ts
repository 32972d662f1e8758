import { Fault } from "#model/fault.ts";
import { quoteDotenv } from "#model/files/quoteDotenv.ts";
import { fillSecrets } from "#model/files/secretReference.ts";
import { variableOf } from "#model/textDifference.ts";
import type { FilesInputs } from "./runner.ts";

/** The only kind of file that holds secrets itself: everything else refers to a file for each. */
function isFilled(path: string): boolean {
  return path.endsWith("/.env");
}

/**
 * Path to text as it lies on the volume: here, and only here, secrets come into a text.
 *
 * @throws Fault FILE_REFUSED for a mark without a secret, or a secret that the file's syntax cannot carry.
 */
export function contentsOf(
  inputs: Pick<FilesInputs, "files" | "secrets" | "fillings">,
): Record<string, string> {
  const texts = Object.entries(inputs.files).map(([path, text]) => [
    path,
    filled(path, text, inputs.fillings),
  ]);
  return { ...(Object.fromEntries(texts) as Record<string, string>), ...inputs.secrets };
}

function filled(path: string, text: string, fillings: FilesInputs["fillings"]): string {
  if (!isFilled(path)) return text;
  try {
    return fillSecrets(text, fillings ?? {}, quoteDotenv);
  } catch (error) {
    throw new Fault({
      code: "FILE_REFUSED",
      where: path,
      problem: `${(error as Error).message}; the old files stay in force`,
      mend: "set the secret that the message names, in a form that the file can carry, and run `npm run up` again",
    });
  }
}

/**
 * What may be shown of a text that was found on the volume. In a file that holds secrets a line that is as it was
 * delivered is shown with its mark, and of any other only the name: who knows what was put there.
 */
export function shownText(path: string, found: string, inputs: FilesInputs): string {
  const marked = inputs.files[path] ?? "";
  if (!isFilled(path)) return withoutSecrets(found, inputs);
  const deliveredLines = filled(path, marked, inputs.fillings).split("\n");
  const markedLines = new Map(marked.split("\n").map((line, index) => [deliveredLines[index], line]));
  const show = (line: string) => {
    const name = variableOf(line);
    return markedLines.get(line) ?? (name === undefined ? "[changed]" : `${name}=[changed]`);
  };
  return found.split("\n").map(show).join("\n");
}

/** Somebody may have pasted one of the service's secrets where it does not belong. */
function withoutSecrets(text: string, { secrets, fillings }: FilesInputs): string {
  const known = [...Object.values(secrets), ...Object.values(fillings ?? {})]
    .flatMap((secret) => [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)])
    .filter((secret) => secret.length >= 6);
  return [...new Set(known)]
    .sort((a, b) => b.length - a.length)
    .reduce((shown, secret) => shown.replaceAll(secret, "[secret]"), text);
}
