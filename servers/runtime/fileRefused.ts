/** A file that the server will not work with. The message names file and key, never a value. */
export class FileRefused extends Error {
  readonly path: string;
  readonly problem: string;

  constructor(path: string, problem: string) {
    super(`${path}: ${problem}`);
    this.name = "FileRefused";
    this.path = path;
    this.problem = problem;
  }
}
