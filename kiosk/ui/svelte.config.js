export default {
  compilerOptions: {
    runes: true,
    // What a page is handed when it is made is what it begins with: a dialog is made
    // anew each time that it opens.
    warningFilter: (warning) => warning.code !== 'state_referenced_locally',
  },
};
