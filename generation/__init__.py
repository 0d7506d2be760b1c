"""What people make: photos in, jobs, assets out."""
