const moment = 90; // s that a record may wait before its age is told

const nothing = { salesWaiting: 'nothingWaiting', deviceRecords: 'deviceNone' };

/** waitingWord is the word for n records that wait for HQ, the oldest for so many seconds; up says that the line is. */
export function waitingWord(word, { n, seconds, up }) {
  if (n === 0) return nothing[word];
  if (seconds >= moment) return word;
  return up ? 'sending' : `${word}Now`;
}
