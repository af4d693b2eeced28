const words = {
  shut_out: 'shutOut',
  clone: 'copied',
  certificate: 'certificateEnds',
  http: 'kioskNoPage',
  https: 'kioskNoTLS',
  photos: 'photosNotKept',
  disk: 'diskFull',
  backup: 'backupFailed',
  backup_copy: 'backupNoCopy',
  restored: 'databaseRestored',
  database: 'databaseDoubtful',
  witness: 'witnessNotKept',
};

/** faultWord is the glossary's entry for a part that is out of order. */
export function faultWord(part) {
  return words[part] ?? 'faultOther';
}
