// Package ar is the ground floor of the mirror: frames, faces, looks, and the
// pipeline that takes a camera's frames through tracking and drawing to the
// viewers. It imports only the standard library; the packages below it each
// bring in one thing: a camera, the face models, the drawing, the viewers.
//
// Units used throughout: pixels have their origin at the top left corner of
// the top left pixel (the centre of that pixel is 0.5, 0.5); normalised
// coordinates are pixels divided by the frame's width and height; angles are
// degrees; lengths on the head are millimetres. Left and right always mean the
// shopper's own, whether or not the picture is mirrored.
package ar
