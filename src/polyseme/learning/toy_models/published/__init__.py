"""Published models of networks that compute or recall in superposition: trained, or by hand."""
