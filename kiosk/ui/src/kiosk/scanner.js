const apart = 300; // ms at most between two of a scanner's keys
const least = 8; // characters of a product's code

/**
 * scanner hears a USB scanner among the keys that are pressed: it types what it
 * read and then Enter, faster than anybody. read(code) gets each code. What is
 * typed into a field is not the scanner's.
 */
export function scanner(read) {
  let code = '';
  let last = -Infinity;
  return (e) => {
    if (e.ctrlKey || e.altKey || e.metaKey || e.target?.matches?.('input:not([type="range"]), textarea')) return;
    if (e.timeStamp - last > apart) code = '';
    last = e.timeStamp;
    if (e.key === 'Enter' && code.length >= least) {
      e.preventDefault(); // of the button that has the focus
      read(code);
      code = '';
    } else if (e.key.length === 1) {
      code += e.key;
    }
  };
}
