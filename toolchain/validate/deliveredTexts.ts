import { quoteDotenv } from "#model/files/quoteDotenv.ts";
import { renderFile } from "#model/files/render.ts";
import { jwtKeyBits } from "#model/files/rules/delivered.ts";
import { fileKeys, fileName, type FileValues } from "#model/files/schema/files.ts";
import { fillSecrets } from "#model/files/secretReference.ts";

/** The texts as containers find them, with secrets that have the form of the real ones. */
export function deliveredTexts(values: FileValues): Map<string, string> {
  const long = "0".repeat(jwtKeyBits / 4);
  const { prefix, length } = values.access.access.authentication.apiKey;
  const secrets = {
    "database-password": long,
    "jwt-secret": long,
    "api-key": prefix + "0".repeat(length),
    "encryption-key": long,
  };
  return new Map(
    fileKeys.map((file) => {
      const text = renderFile(file, values[file]);
      return [fileName(file), file === "env" ? fillSecrets(text, secrets, quoteDotenv) : text];
    }),
  );
}
