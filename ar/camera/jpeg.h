#ifndef MIRRORCART_JPEG_H
#define MIRRORCART_JPEG_H

#include <stddef.h>

// jpeg_encode writes packed 8-bit BGR, width × height, as a baseline JPEG
// (4:2:0) to out, mirrored left to right if mirror is set. It returns the length
// of the JPEG, 0 if out is too small for it, or -1 after writing why it failed
// to reason, JPEG_REASON bytes.
#define JPEG_REASON 200
long jpeg_encode(const unsigned char *bgr, int width, int height, int quality, int mirror,
                 unsigned char *out, size_t size, char *reason);

// jpeg_size reads the head of a JPEG and gives the picture's size. It returns 0,
// or -1 after writing why not to reason. What no camera sends is refused before
// memory or time is spent on it: more than one scan (progressive pictures) and
// other than 1 or 3 components of 8 bits.
int jpeg_size(const unsigned char *jpeg, size_t size, int *width, int *height, char *reason);

// jpeg_decode writes the picture as packed 8-bit BGR to bgr, which must hold
// exactly width × height pixels: the picture's own size divided by denom (1, 2, 4
// or 8) and rounded up. It returns 0, or -1 after writing why not to reason; a
// picture that is cut off or damaged is an error.
int jpeg_decode(const unsigned char *jpeg, size_t size, int denom, unsigned char *bgr, int width, int height,
                char *reason);

#endif
