"""Sound as samples: decoding, resampling, encoding. Knows no model, no protocol."""
