#include "jpeg.h"

#include "planes.h"

#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <jpeglib.h>

#include <jerror.h>

#ifndef JCS_EXTENSIONS
#error "libjpeg-turbo is needed: this libjpeg cannot read BGR"
#endif

struct failure {
	struct jpeg_error_mgr base;
	jmp_buf back;
	char *reason;
};

static void fail(j_common_ptr c) {
	struct failure *f = (struct failure *)c->err;
	char text[JMSG_LENGTH_MAX];
	f->base.format_message(c, text);
	snprintf(f->reason, JPEG_REASON, "%s", text);
	longjmp(f->back, 1);
}

static void warn(j_common_ptr c, int level) {
	(void)c;
	(void)level;
}

// full is called when there is no more room; an empty reason tells that apart
// from a failure.
static boolean full(j_compress_ptr c) {
	longjmp(((struct failure *)c->err)->back, 1);
	return FALSE;
}

static void nothing(j_compress_ptr c) { (void)c; }

#if defined(__x86_64__)
typedef unsigned char bytes16 __attribute__((vector_size(16)));

// turn_fives writes pixels from the row's end in reverse order, five at once (a
// sixteenth byte is overwritten by what follows), and returns how many.
__attribute__((target("ssse3"))) static int turn_fives(unsigned char *dst, const unsigned char *src, int width) {
	const bytes16 order = {13, 14, 15, 10, 11, 12, 7, 8, 9, 4, 5, 6, 1, 2, 3, 0};
	int x = 0;
	for (; x + 6 <= width; x += 5) {
		bytes16 pixels;
		memcpy(&pixels, src + 3 * (width - x) - 16, 16);
		pixels = __builtin_shuffle(pixels, order);
		memcpy(dst + 3 * x, &pixels, 16);
	}
	return x;
}
#endif

// turn writes the row's pixels in reverse order: but for the first and the last
// four bytes at once, of which the next pixel overwrites the fourth.
static void turn(unsigned char *dst, const unsigned char *src, int width) {
	int x = 0;
#if defined(__x86_64__)
	if (__builtin_cpu_supports("ssse3"))
		x = turn_fives(dst, src, width);
#endif
	if (x == 0)
		memcpy(dst + 3 * x++, src + 3 * (width - 1), 3);
	for (; x < width - 1; x++)
		memcpy(dst + 3 * x, src + 3 * (width - 1 - x), 4);
	if (x < width)
		memcpy(dst + 3 * x, src, 3);
}

static void write_rows(struct jpeg_compress_struct *c, const unsigned char *bgr, int mirror) {
	const int width = (int)c->image_width;
	JSAMPROW turned = NULL;
	if (mirror)
		turned = c->mem->alloc_small((j_common_ptr)c, JPOOL_IMAGE, 3 * (size_t)width);
	while (c->next_scanline < c->image_height) {
		JSAMPROW row = (JSAMPROW)bgr + (size_t)3 * width * c->next_scanline;
		if (mirror) {
			turn(turned, row, width);
			row = turned;
		}
		jpeg_write_scanlines(c, &row, 1);
	}
}

// write_planes gives the library a row of its blocks at a time, 16 pixels high:
// the planes' rows stay in the processor's cache.
static void write_planes(struct jpeg_compress_struct *c, const unsigned char *bgr, int mirror) {
	const JDIMENSION width = c->image_width, last = c->image_height - 1;
	JSAMPARRAY plane[3];
	plane[0] = c->mem->alloc_sarray((j_common_ptr)c, JPOOL_IMAGE, width, 16);
	for (int i = 1; i < 3; i++)
		plane[i] = c->mem->alloc_sarray((j_common_ptr)c, JPOOL_IMAGE, width / 2, 8);
	while (c->next_scanline < c->image_height) {
		for (int i = 0; i < 8; i++) {
			const JDIMENSION y = c->next_scanline + 2 * i; // below the picture its last row goes on
			planes_split(bgr + (size_t)3 * width * (y < last ? y : last), bgr + (size_t)3 * width * (y < last ? y + 1 : last),
			             (int)width, mirror, plane[0] + 2 * i, plane[1][i], plane[2][i]);
		}
		jpeg_write_raw_data(c, plane, 16);
	}
}

long jpeg_encode(const unsigned char *bgr, int width, int height, int quality, int mirror,
                 unsigned char *out, size_t size, char *reason) {
	struct jpeg_compress_struct c;
	struct failure f;
	struct jpeg_destination_mgr dest = {out, size, nothing, full, nothing};

	reason[0] = 0;
	c.err = jpeg_std_error(&f.base);
	f.base.error_exit = fail;
	f.base.emit_message = warn;
	f.reason = reason;
	jpeg_create_compress(&c);
	if (setjmp(f.back)) {
		jpeg_destroy_compress(&c);
		return reason[0] ? -1 : 0;
	}
	c.dest = &dest;
	c.image_width = width;
	c.image_height = height;
	c.input_components = 3;
	const int planar = width >= 32 && width % 16 == 0 && planes_ready();
	c.in_color_space = planar ? JCS_YCbCr : JCS_EXT_BGR;
	jpeg_set_defaults(&c);
	jpeg_set_quality(&c, quality, TRUE);
	c.raw_data_in = planar;
	jpeg_start_compress(&c, TRUE);
	(planar ? write_planes : write_rows)(&c, bgr, mirror);
	jpeg_finish_compress(&c);
	jpeg_destroy_compress(&c);
	return (long)(size - dest.free_in_buffer);
}

// damaged fails at warnings that mean lost pixels; libjpeg would go on in grey.
// Bytes between the markers are harmless, and usual with some cameras.
static void damaged(j_common_ptr c, int level) {
	if (level >= 0)
		return;
	switch (c->err->msg_code) {
	case JWRN_JPEG_EOF:
	case JWRN_HIT_MARKER:
	case JWRN_HUFF_BAD_CODE:
	case JWRN_MUST_RESYNC:
	case JWRN_ARITH_BAD_CODE:
		fail(c);
	}
}

// open_jpeg reads the head; c's error handler must be set.
static void open_jpeg(struct jpeg_decompress_struct *c, const unsigned char *jpeg, size_t size) {
	struct failure *f = (struct failure *)c->err;
	const char *refused = NULL;
	jpeg_mem_src(c, jpeg, size);
	jpeg_read_header(c, TRUE);
	if (c->progressive_mode || c->arith_code || jpeg_has_multiple_scans(c))
		refused = "only baseline JPEG is taken";
	else if (c->data_precision != 8 || (c->num_components != 1 && c->num_components != 3))
		refused = "only grey and colour pictures of 8 bits are taken";
	if (refused) {
		snprintf(f->reason, JPEG_REASON, "%s", refused);
		longjmp(f->back, 1);
	}
}

int jpeg_size(const unsigned char *jpeg, size_t size, int *width, int *height, char *reason) {
	struct jpeg_decompress_struct c;
	struct failure f;

	reason[0] = 0;
	c.err = jpeg_std_error(&f.base);
	f.base.error_exit = fail;
	f.base.emit_message = damaged;
	f.reason = reason;
	jpeg_create_decompress(&c);
	if (setjmp(f.back)) {
		jpeg_destroy_decompress(&c);
		return -1;
	}
	open_jpeg(&c, jpeg, size);
	*width = (int)c.image_width;
	*height = (int)c.image_height;
	jpeg_destroy_decompress(&c);
	return 0;
}

// planar tells whether the picture is of a kind that read_planes reads: colours of
// half the width (4:2:0, 4:2:2), as cameras send.
static int planar(const struct jpeg_decompress_struct *c) {
	const jpeg_component_info *p = c->comp_info;
	return c->jpeg_color_space == JCS_YCbCr && p[0].h_samp_factor == 2 && p[0].v_samp_factor <= 2 &&
	       p[1].h_samp_factor == 1 && p[1].v_samp_factor == 1 && p[2].h_samp_factor == 1 && p[2].v_samp_factor == 1 &&
	       c->scale_num == c->scale_denom && c->image_width >= 32 && c->image_width % 2 == 0 && planes_ready();
}

static void read_rows(struct jpeg_decompress_struct *c, unsigned char *bgr) {
	while (c->output_scanline < c->output_height) {
		JSAMPROW rows[8];
		int n = 0;
		for (; n < 8 && c->output_scanline + n < c->output_height; n++)
			rows[n] = bgr + (size_t)3 * c->output_width * (c->output_scanline + n);
		jpeg_read_scanlines(c, rows, n);
	}
}

// read_planes takes a row of the library's blocks at a time, which are whole at the
// picture's right and lower edge too.
static void read_planes(struct jpeg_decompress_struct *c, unsigned char *bgr) {
	const int shared = c->comp_info[0].v_samp_factor; // rows of the same colours
	const JDIMENSION wide = (c->output_width + 15) / 16 * 16;
	JSAMPARRAY plane[3];
	plane[0] = c->mem->alloc_sarray((j_common_ptr)c, JPOOL_IMAGE, wide, 8 * shared);
	for (int i = 1; i < 3; i++)
		plane[i] = c->mem->alloc_sarray((j_common_ptr)c, JPOOL_IMAGE, wide / 2, 8);
	while (c->output_scanline < c->output_height) {
		const JDIMENSION top = c->output_scanline, rows = c->output_height - top;
		jpeg_read_raw_data(c, plane, 8 * shared);
		for (int y = 0; y < 8 * shared && (JDIMENSION)y < rows; y += shared)
			planes_join(plane[0] + y, plane[1][y / shared], plane[2][y / shared], (int)c->output_width,
			            rows - y < (JDIMENSION)shared ? 1 : shared, bgr + (size_t)3 * c->output_width * (top + y));
	}
}

int jpeg_decode(const unsigned char *jpeg, size_t size, int denom, unsigned char *bgr, int width, int height,
                char *reason) {
	struct jpeg_decompress_struct c;
	struct failure f;

	reason[0] = 0;
	c.err = jpeg_std_error(&f.base);
	f.base.error_exit = fail;
	f.base.emit_message = damaged;
	f.reason = reason;
	jpeg_create_decompress(&c);
	if (setjmp(f.back)) {
		jpeg_destroy_decompress(&c);
		return -1;
	}
	open_jpeg(&c, jpeg, size);
	c.scale_num = 1;
	c.scale_denom = denom;
	c.out_color_space = JCS_EXT_BGR;
	c.do_fancy_upsampling = FALSE; // a quarter of the time; the mirror's own JPEG halves the colours again
	c.raw_data_out = planar(&c);
	jpeg_start_decompress(&c);
	if (c.output_width != (JDIMENSION)width || c.output_height != (JDIMENSION)height) {
		snprintf(reason, JPEG_REASON, "the picture is %u x %u, not %d x %d", c.output_width, c.output_height, width, height);
		longjmp(f.back, 1);
	}
	(c.raw_data_out ? read_planes : read_rows)(&c, bgr);
	jpeg_finish_decompress(&c);
	jpeg_destroy_decompress(&c);
	return 0;
}
