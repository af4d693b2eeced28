#ifndef MIRRORCART_PLANES_H
#define MIRRORCART_PLANES_H

// Pixels to and from the planes that a JPEG is made of: one of brightness (Y) and
// two of colour (Cb, Cr) of half the width. Colours are those of JFIF, ITU-T
// T.871 section 7: BT.601 weights, all of 0 to 255.

// planes_ready tells whether this processor has what the functions below need:
// AVX2, of x86-64. Elsewhere they must not be called.
int planes_ready(void);

// planes_split parts two rows of packed BGR into their two rows of Y and the one
// of Cb and of Cr that they share, mirrored left to right if mirror is set. The
// rows may be the same one. width is a multiple of 16, from 32.
void planes_split(const unsigned char *upper, const unsigned char *lower, int width, int mirror, unsigned char *const y[2],
                  unsigned char *cb, unsigned char *cr);

// planes_join writes one or two rows of packed BGR, the second after the first,
// from their rows of Y and the one of Cb and of Cr that they share: each colour is
// that of two pixels side by side. width is even, from 32.
void planes_join(unsigned char *const y[], const unsigned char *cb, const unsigned char *cr, int width, int rows,
                 unsigned char *bgr);

#endif
