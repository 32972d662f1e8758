/** The parts of this project that are still to come, as words that follow "comes with". */
export const parts = {
  compliance: "the compliance server",
  rotation: "rotation",
  backups: "backups",
} as const;
