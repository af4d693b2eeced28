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

#endif
