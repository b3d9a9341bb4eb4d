"""What tests make and measure with: media, hostile files, the demo clip, scores."""
