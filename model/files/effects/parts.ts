/** The parts of this project that are still to come, as words that follow "comes with". */
export const parts = {
  rotation: "rotation",
  backups: "backups",
} as const;
