// Package look draws looks onto faces: lipstick in a perceptual colour space
// that keeps the skin's own light, blush, eyeshadow and eyeliner that filter
// the light the skin gives back, and glasses and jewellery hung on the head's pose.
// It changes only the part of the frame that wears something.
//
// # Shapes of glasses
//
// A pair of glasses is an SVG file, drawn from the front as somebody sees it
// who stands before the wearer, in millimetres:
//
//		<svg viewBox="-72 -28 144 56" data-temple="145" data-hinge-y="-9">
//		  <g class="lens" fill="#2a1d12" fill-opacity="0.6"> … </g>
//		  <path id="frame" d="…"/>
//		</svg>
//
//	  - x = 0, y = 0 is the middle of the bridge, which sits at the height of the
//	    pupils; x grows to the right of the picture, y downwards. The viewBox is
//	    for drawing programs alone.
//	  - Elements whose id or class, or whose group's, is "frame" are opaque. The
//	    layer's colour takes the place of theirs.
//	  - Those that are "lens" keep their own fill and fill-opacity. All others
//	    are not drawn.
//	  - Fills follow the even-odd rule, whatever fill-rule says, and the contours
//	    of one path do not cross; strokes work too. A gradient counts as the
//	    colour it has at the bridge.
//	  - data-temple is the length of the side pieces (60–200, 145 if left out)
//	    and data-hinge-y the height at which they begin (-40–40, -8 if left out),
//	    both in millimetres. They begin at the outer ends of the frame, which is
//	    80 to 200 mm wide.
//	  - data-material is what the frame is made of: acetate (polished plastic, if
//	    left out), matte or metal.
//	  - At most 256 KiB and 20,000 points.
//
// # Shapes of jewellery
//
// A piece of jewellery is an SVG file too, in millimetres, drawn from the
// front; earrings are drawn for the shopper's left ear and mirrored for the
// right:
//
//		<svg viewBox="-8 -4 16 40" data-jewel="drop" data-hinge-y="2" data-mass="3">
//		  <circle class="metal" r="2.1" fill="#cba15f"/>
//		  <g class="hang">
//		    <path class="metal" d="…" fill="#cba15f"/>
//		    <ellipse class="pearl shade" cy="16" rx="4.7" ry="5.2"/>
//		  </g>
//		</svg>
//
//	  - data-jewel says how it is worn: stud, hoop or drop by earrings, nose-stud,
//	    necklace.
//	  - x = 0, y = 0 is the hook: where an earring or a nose stud goes through the
//	    skin, the lowest place of a necklace's chain. Nothing is farther from it
//	    than 120 mm.
//	  - The class of an element or its group says what it is made of: metal, pearl
//	    (a round body, whatever side it is seen from), gem (cut in facets) or
//	    enamel. What has none is not drawn. The word "shade" beside it lets the
//	    layer's colour take the place of the fill.
//	  - What is in the class "hang" hangs down, whatever the head does, and swings
//	    about x = 0 at data-hinge-y (-20–60, 0 if left out). data-mass, in grams
//	    (0.2–100, 3 if left out), says how soon it comes to rest, data-length how
//	    slowly it swings (3–1000, to its own middle if left out).
//	  - A hoop has one circle or ellipse of the class "ring", with a stroke as wide
//	    as its tube; it is drawn as a tube in the plane of the hole through the ear.
//	  - A necklace has one straight line of the class "chain", whose width is the
//	    chain's; its data-length is that of the chain, clasp to clasp (340–1000, 420
//	    if left out). All else is its pendant.
//	  - At most 256 KiB, 64 parts and 8,000 points.
package look
